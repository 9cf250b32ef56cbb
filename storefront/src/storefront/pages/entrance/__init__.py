"""How people come in: by the shop's door or by the office's, with an account or after opening one."""

from storefront.pages.entrance import forgotten, office, sign_in, sign_up

ROUTERS = (sign_in.router, sign_up.router, forgotten.router, office.router)
