// An echo server on Go's crypto/tls: PORT CHAIN KEY CA|-
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	pair, err := tls.LoadX509KeyPair(os.Args[2], os.Args[3])
	must(err)
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS12}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	if os.Args[4] != "-" {
		authority, err := os.ReadFile(os.Args[4])
		must(err)
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(authority)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	listener, err := tls.Listen("tcp", net.JoinHostPort("127.0.0.1", os.Args[1]), config)
	must(err)
	fmt.Println("ready")
	for {
		connection, err := listener.Accept()
		must(err)
		go func() {
			defer connection.Close()
			io.Copy(connection, connection)
		}()
	}
}
