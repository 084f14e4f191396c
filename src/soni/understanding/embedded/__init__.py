"""Understanding on this machine: from the author's words alone, without a key, a download or the network."""
