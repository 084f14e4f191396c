"""Who may, and how often: API keys, tokens of an issuer, and rate limits. What of it is HTTP stands in ``soni.server``."""
