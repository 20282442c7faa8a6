"""Messages out and signatures in: channels, templates, tokens, provider codes."""
