"""The actions of the flight booking assistant, on a small SQLite database of flights and bookings."""
