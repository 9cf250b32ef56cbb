"""What everybody tries first: long passwords from public lists, and the words that they are made of."""

LONG_ONES = frozenset(
    """
    correcthorsebatterystaple thequickbrownfox thequickbrownfoxjumps thequickbrownfoxjumpsoverthelazydog
    tobeornottobethatisthequestion maytheforcebewithyou winteriscoming2024 onceuponatimeinthewest
    neverinamillionyears thisismypassword thisisnotapassword thisisasecret thisisaverylongpassword
    averylongpassword myverylongpassword averysecurepassword mysecurepassword supersecretpassword
    pleaseletmeinnow letmeinletmein opensesameopen trustno1trustno1 ilovemymomanddad iloveyousomuch
    iloveyouforever iwillalwaysloveyou mypasswordispassword youllneverguessthis youwillneverguess
    dontforgetthispassword changethispassword changemeplease nopasswordneeded administrator123456
    unbelievablepassword lordoftherings123 harrypotter123456 starwarsstarwars michaeljackson123
    manchesterunited realmadridbarcelona liverpoolfootballclub jesuschristismylord godisgoodallthetime
    """.split()  # noqa: SIM905 - a page of words reads better than a list of literals
)

WORDS = frozenset(
    """
    password passwort passwd pass parola motdepasse contrasena senha secret secure security login signin account
    welcome hello letmein changeme default admin administrator root user guest test testing tester demo example
    qwerty qwertz azerty asdf iloveyou love forever princess prince dragon monkey shadow master sunshine football
    baseball basketball soccer superman batman pokemon starwars michael jessica jordan ashley daniel charlie
    summer winter spring autumn january february march april june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday freedom whatever trustno cheese computer internet
    google facebook microsoft samsung please very long super your this that with from
    mercato shop shopping store market checkout customer support order orders cart basket payment
    """.split()  # noqa: SIM905 - a page of words reads better than a list of literals
)

ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
"""What fingers find in a row, on a keyboard or in the alphabet."""
