"""Words by a language model: messages in other words, and texts that a flow asks for."""
