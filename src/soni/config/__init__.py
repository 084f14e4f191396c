"""The assistant as data: read from YAML, checked, frozen. Import what is needed from its modules."""
