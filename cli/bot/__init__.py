"""The bot: what happens on a forge becomes commands, commands become runs, and runs are told where they were asked for.

`door` lets messages in, `book` remembers them, `commanding` decides who may do what,
`acting` does it, and `telling` brings the forge to what a run says. Nothing but `book` outlives the process.
"""
