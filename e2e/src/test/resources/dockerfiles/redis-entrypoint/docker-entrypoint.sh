#!/bin/sh
set -e
# drop the rights of root for the server, keep them for everything else
if [ "$1" = 'redis-server' ] && [ "$(id -u)" = '0' ]; then
	find . \! -user redis -exec chown redis '{}' +
	exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
fi
if [ "$1" = 'redis-server' ]; then
	echo "$(id -un) owns $(pwd): $(stat -c %U .)"
	echo 'SET greeting "kept in memory"' > commands
	redis-server --port 0 --unixsocket ./socket --daemonize yes > /dev/null
	until redis-cli -s ./socket ping > /dev/null 2>&1; do sleep 0.1; done
	redis-cli -s ./socket < commands
	redis-cli -s ./socket GET greeting
	redis-cli -s ./socket SHUTDOWN NOSAVE
	exit
fi
exec "$@"
