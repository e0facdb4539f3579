// An echo server on Node.js's tls (OpenSSL): PORT CHAIN KEY CA|-
const fs = require("fs");
const tls = require("tls");
const [port, chain, key, ca] = process.argv.slice(2);
const options = {
  cert: fs.readFileSync(chain),
  key: fs.readFileSync(key),
  ciphers: "ALL:@SECLEVEL=0",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
};
if (ca !== "-") Object.assign(options, { ca: fs.readFileSync(ca), requestCert: true, rejectUnauthorized: true });
const server = tls.createServer(options, (socket) => {
  socket.on("error", () => {});
  socket.pipe(socket);
});
server.on("tlsClientError", () => {});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
