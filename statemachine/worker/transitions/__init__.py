"""Actions of transitions, one per edge or per state that is entered.

An action moves one task, and names the tasks to review. It is called by ``machine`` alone,
through the table.
"""
