"""Real processes, real Redis, real sockets: what the integration tests are made of."""
