// aedes on a plain port and on one with TLS: PORT TLS_PORT CHAIN KEY, with the package's folder in NODE_MODULES.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { pathToFileURL } from "node:url";

const [port, tlsPort, chain, key] = process.argv.slice(2);
const { Aedes } = await import(pathToFileURL(`${process.env.NODE_MODULES}/aedes/aedes.js`));
const aedes = await Aedes.createBroker();
aedes.authenticate = (client, user, password, done) =>
  done(null, user === "user" && String(password) === "password");
const options = {
  cert: readFileSync(chain), key: readFileSync(key), maxVersion: "TLSv1.2", ciphers: "kRSA+AES:@SECLEVEL=0",
};
createServer(aedes.handle).listen(Number(port), "127.0.0.1", () =>
  createTlsServer(options, aedes.handle).listen(Number(tlsPort), "127.0.0.1", () => console.log("ready")));
