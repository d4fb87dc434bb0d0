"""Selectors of lists of people, a file a topic.

Every list leaves out accounts that are not active, and hides from each other two people of whom
one has blocked the other.
"""
