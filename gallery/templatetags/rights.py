"""What a page offers to whom, as access.py decides it."""

from django import template

from gallery import access

register = template.Library()

register.filter(access.may_change_batch)
register.filter(access.may_throw_away)
register.filter(access.may_change_preset)
