import argparse
import os

from markupsafe import escape

parser = argparse.ArgumentParser()
parser.add_argument("--name")
name = parser.parse_args().name
print(escape(f"<{name}> runs as {os.getuid()}:{os.getgid()}"))
