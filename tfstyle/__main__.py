"""`python -m tfstyle`: the command line, where `tfstyle` is not on the path."""

from tfstyle.cli import main

main()
