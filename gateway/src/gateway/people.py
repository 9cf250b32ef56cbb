"""What people see, instead of a problem for programs, when the shop's window has nobody behind it."""

from base64 import b64encode
from hashlib import sha256

STYLE = (
    "body{margin:0;min-height:100vh;display:grid;place-content:center;padding:1.5rem;background:light-dark(#fbf7f0,#15191a);"
    "color:light-dark(#20302f,#f1eadf);color-scheme:light dark;font:1.05rem/1.55 system-ui,sans-serif}"
    "main{max-width:34rem}h1{font:560 2.2rem/1.1 Georgia,serif;margin:0 0 1rem}a{color:light-dark(#a93e1f,#f0906b)}"
)
PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>One moment, please · Mercato</title><style>{STYLE}</style></head>
<body><main><h1>One moment, please</h1>
<p>The shop does not answer right now. Nothing is lost: your cart and your orders are kept, and what you have ordered
goes on. If you were just ordering, send it once more in a moment: it cannot be ordered twice.</p>
<p><a href="">Try again</a></p></main></body></html>
"""
DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()
SECURITY = f"default-src 'none'; style-src 'sha256-{DIGEST}'; form-action 'self'; frame-ancestors 'none'"
"""This style, and nothing else."""
WANTS_PAGE = 'request.headers["accept"].startsWith("text/html")'
"""As browsers ask for what goes into their window. Who does not say what it wants is a program."""
