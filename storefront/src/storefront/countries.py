"""Where the shop delivers to, as people call it. The services decide; a house test holds the two together."""

COUNTRIES = {
    "AT": "Austria",
    "BE": "Belgium",
    "CZ": "Czechia",
    "DK": "Denmark",
    "FI": "Finland",
    "FR": "France",
    "DE": "Germany",
    "IE": "Ireland",
    "IT": "Italy",
    "JP": "Japan",
    "LU": "Luxembourg",
    "NL": "Netherlands",
    "NO": "Norway",
    "PL": "Poland",
    "PT": "Portugal",
    "ES": "Spain",
    "SE": "Sweden",
    "CH": "Switzerland",
    "GB": "United Kingdom",
    "US": "United States",
}
"""ISO 3166-1 alpha-2 -> name, in the order of the names."""


def name_of(code: str) -> str:
    return COUNTRIES.get(code, code)
