"""What the scenarios share: the gateway's process, clients, a recording backend, exact HTTP."""
