"""What goes along with errors: facts, their lift, and what gives a class away.

An error is an item whose out-of-sample prediction differs from its given label. Items are compared within their given
class; a lift of 1 is no more frequent than chance.
"""
