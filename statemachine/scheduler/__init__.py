"""The reference scheduler, in parts: what it knows, what can be said to it, and what it decides.

Nobody but ``statemachine.scheduler`` puts the parts together.
"""
