#!/bin/sh
# Makes the throw-away certificates and keys of this folder. Run once by hand; what it wrote is committed.
# They are valid from 2026-01-01 to 2046-01-01, except where the file's name says otherwise.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: > "$work/index.txt"
cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = this
[this]
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
organizationName = optional
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[upper]
basicConstraints = critical, CA:true, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[intermediate]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = CA:false
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
[server_sign_only]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
[server_other_name]
basicConstraints = CA:false
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:elsewhere.example
[client]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
CNF

# issue NAME SECTION ISSUER NOT_AFTER: NAME.key exists, NAME.pem is written.
issue() {
    openssl req -new -key "$1.key" -subj "/O=Throw-away/CN=$5" -out "$work/$1.csr"
    signer="-cert $3.pem -keyfile $3.key"
    [ "$1" = "$3" ] && signer="-selfsign -keyfile $3.key"
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$work/ca.cnf" $signer -extensions "$2" \
        -startdate 20260101000000Z -enddate "$4" -in "$work/$1.csr" -out "$1.pem"
}

for name in ca other-ca upper issuing intermediate server client-2048; do openssl genrsa -out "$name.key" 2048; done
openssl genrsa -traditional -out client-1024.key 1024
openssl genrsa -out client-4096.key 4096
openssl ecparam -name prime256v1 -genkey -noout -out server-ec.key
for name in server-of-issuing server-sign-only server-other-name server-until-2027; do cp server.key "$name.key"; done

issue ca authority ca 20460101000000Z "Test root"
issue other-ca authority other-ca 20460101000000Z "Test root"
issue intermediate intermediate ca 20460101000000Z "Test intermediate"
issue upper upper ca 20460101000000Z "Test upper"
issue issuing intermediate upper 20460101000000Z "Test issuing"
issue server server intermediate 20460101000000Z localhost
issue server-of-issuing server issuing 20460101000000Z localhost
issue server-ec server intermediate 20460101000000Z localhost
issue server-sign-only server_sign_only intermediate 20460101000000Z localhost
issue server-other-name server_other_name intermediate 20460101000000Z elsewhere.example
issue server-until-2027 server intermediate 20270101000000Z localhost
for bits in 1024 2048 4096; do issue "client-$bits" client ca 20460101000000Z "client $bits"; done
rm -f upper.key issuing.key server-of-issuing.key server-sign-only.key server-other-name.key server-until-2027.key
