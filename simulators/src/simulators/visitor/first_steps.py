"""What a rung prints once a customer can be served: addresses, two accounts, three things to try."""

from simulators.visitor.people import Person
from simulators.visitor.shopping import ReadyCart

BLUE, BOLD, PLAIN = "\033[36m", "\033[1m", "\033[0m"


def first_steps(
    *, url: str, opened: str, staff: Person, customer: Person, cart: ReadyCart, colour: bool = False
) -> str:
    """The whole text; `opened` says in a line what runs.

    The third command needs the second one's TOKEN, in the same shell.
    """
    bold, blue, plain = (BOLD, BLUE, PLAIN) if colour else ("", "", "")
    json = "-H 'Content-Type: application/json'"
    return f"""
{bold}Mercato is open{plain}, {opened}

  shop         {blue}{url}{plain}
  back office  {blue}{url}/office{plain}
  interface    {blue}{url}/api/docs{plain}
  caught mail  {blue}{url}/dev/mail/mails{plain}   (send the header X-Mercato-Door)

  customer     {customer.email}   {customer.password}
  staff        {staff.email}      {staff.password}

{bold}1{plain}  Look for something
   curl -s '{url}/api/v1/products?q={cart.word}&limit=3'

{bold}2{plain}  Sign in
   TOKEN=$(curl -s {url}/api/v1/sessions {json} \\
     -d '{{"email":"{customer.email}","password":"{customer.password}"}}' \\
     | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')

{bold}3{plain}  Buy what lies in your cart ({cart.described}), and see the mail that confirms it
   ORDER=$(curl -s {url}/api/v1/orders {json} \\
     -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: buy-the-first-cart" \\
     -d '{cart.order_body}' | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
   curl -s "{url}/api/v1/orders/$ORDER?wait=5" -H "Authorization: Bearer $TOKEN"
   curl -s '{url}/dev/mail/mails?to={customer.email}' -H 'X-Mercato-Door: me'
"""
