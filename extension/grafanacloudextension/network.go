package grafanacloudextension

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"
)

// Why no answer has come. The words of the error itself stay out: they hold addresses and whatever a proxy's URL has in it.
var (
	networkName = verdict{
		meaning: "the host name of the endpoint is not known",
		remedy:  "compare OTEL_EXPORTER_OTLP_ENDPOINT with OpenTelemetry > Configure on your stack's page, and check this machine's DNS",
		mend:    true,
	}
	networkRefused = verdict{
		meaning: "the connection was refused: nothing listens at the host and port of the endpoint, or a firewall rejects it",
		remedy:  "check OTEL_EXPORTER_OTLP_ENDPOINT, and that this machine may reach its host on port 443",
		mend:    true,
	}
	networkTimeout = verdict{
		meaning: "no answer came in time",
		remedy:  "check that this machine may reach the host of the endpoint on port 443; behind a proxy set HTTPS_PROXY",
	}
	networkProxy = verdict{
		meaning: "the proxy cannot be reached or does not let the connection pass",
		remedy:  "check the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY of this process, or proxy_url of the exporter",
	}
	networkPlain = verdict{
		meaning: "the endpoint begins with https://, and its server does not speak TLS",
		remedy:  "check scheme and port in OTEL_EXPORTER_OTLP_ENDPOINT",
		mend:    true,
	}
	networkAuthority = verdict{
		meaning: "the certificate of the endpoint is signed by nobody whom this machine trusts",
		remedy: "install the system's CA certificates (package ca-certificates), or the certificate of a proxy that looks into TLS " +
			"(SSL_CERT_FILE, or tls::ca_file of the exporter)",
	}
	networkCertificate = verdict{
		meaning: "the certificate of the endpoint is for another name, or the clock of this machine is outside its time",
		remedy:  "check the host in OTEL_EXPORTER_OTLP_ENDPOINT and the clock of this machine",
		mend:    true,
	}
	networkOther = verdict{
		meaning: "the connection failed or was cut",
		remedy:  "check that this machine may reach the host of the endpoint; behind a proxy set HTTPS_PROXY",
	}
)

// explainNetwork tells why there is no answer.
func explainNetwork(err error) verdict {
	switch {
	case isProxy(err):
		return networkProxy
	case is[*net.DNSError](err):
		return networkName
	case errors.Is(err, syscall.ECONNREFUSED):
		return networkRefused
	case is[x509.UnknownAuthorityError](err):
		return networkAuthority
	case is[x509.HostnameError](err), is[x509.CertificateInvalidError](err):
		return networkCertificate
	case is[tls.RecordHeaderError](err), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return networkPlain
	case isTimeout(err):
		return networkTimeout
	}
	return networkOther
}

func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func isProxy(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "proxyconnect"
}

func isTimeout(err error) bool {
	failed, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && failed.Timeout()
}
