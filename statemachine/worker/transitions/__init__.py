"""What a transition does, a function per edge or per state that is entered.

An action moves one task, and says what else has to be looked at. It is called by ``stimulus`` alone,
through the table.
"""
