"""What all tests need. Its being here puts this folder on the path: helpers beside it can be imported from every
room's tests."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # In a shell's background Ctrl-C is ignored, and would be by all that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
