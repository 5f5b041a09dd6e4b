"""Starts, watches and stops the parts of one installation on one machine; imports no Django."""
