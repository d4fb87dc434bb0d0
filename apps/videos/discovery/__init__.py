"""Reads of what leads to videos: hashtags, sounds, places, sections of the discover screen, search.

Lists hold what everybody may be shown (LISTED), and nothing across a block.
"""
