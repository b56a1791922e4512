"""Clients, a scheduler and workers, with a mailbox for each sender and receiver."""
