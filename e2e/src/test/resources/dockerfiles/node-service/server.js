const http = require('http');
const os = require('os');
const ms = require('ms');

const server = http.createServer((request, response) => response.end('up for ' + ms(90000, { long: true })));
server.listen(0, '127.0.0.1', () => {
  http.get({ port: server.address().port }, response => {
    response.on('data', data => console.log(`${os.userInfo().username} serves "${data}"`));
    response.on('end', () => server.close());
  });
});
