"""`python -m tfstyle`: the command line, where `tfstyle` is not on the path."""

from tfstyle.commands.main import main

main()
