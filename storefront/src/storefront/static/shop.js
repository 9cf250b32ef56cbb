// Everything works without this; with it some things are quicker.
