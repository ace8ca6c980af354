"""What all tests need. Its being here puts this folder on the path: helpers beside it can be imported from every
room's tests."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the tests in the background has Ctrl-C ignored, and the processes that tests start would be, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
