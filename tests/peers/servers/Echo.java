// An echo server on JSSE: PORT KEYSTORE(PKCS #12) CA|- [PROVIDER]...
import java.io.FileInputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.CertificateFactory;
import javax.net.ssl.*;

public class Echo {
    public static void main(String[] arguments) throws Exception {
        // What the JDK turns off today is what is to be spoken.
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        // JSSE's own, or the last of others that stand on each other.
        String name = "SunJSSE";
        for (int at = 3; at < arguments.length; at++) {
            var provider = (java.security.Provider) Class.forName(arguments[at]).getConstructor().newInstance();
            Security.addProvider(provider);
            name = provider.getName();
        }
        char[] password = "password".toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(new FileInputStream(arguments[1]), password);
        KeyManagerFactory manager = KeyManagerFactory.getInstance("PKIX", name);
        manager.init(keys, password);
        TrustManager[] trust = null;
        boolean asks = !arguments[2].equals("-");
        if (asks) {
            KeyStore anchors = KeyStore.getInstance("PKCS12");
            anchors.load(null, null);
            var factory = CertificateFactory.getInstance("X.509");
            int number = 0;
            for (var one : factory.generateCertificates(new FileInputStream(arguments[2]))) {
                anchors.setCertificateEntry("ca" + number++, one);
            }
            TrustManagerFactory trusting = TrustManagerFactory.getInstance("PKIX", name);
            trusting.init(anchors);
            trust = trusting.getTrustManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS", name);
        context.init(manager.getKeyManagers(), trust, null);
        int port = Integer.parseInt(arguments[0]);
        var server = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(port, 50, InetAddress.getLoopbackAddress());
        server.setEnabledCipherSuites(server.getSupportedCipherSuites());
        server.setEnabledProtocols(new String[] {"TLSv1.2"});
        server.setNeedClientAuth(asks);
        System.out.println("ready");
        while (true) {
            var socket = (SSLSocket) server.accept();
            socket.setTcpNoDelay(true);
            Thread worker = new Thread(() -> serve(socket));
            worker.setDaemon(true);
            worker.start();
        }
    }

    static void serve(SSLSocket socket) {
        try (socket) {
            byte[] buffer = new byte[16384];
            var in = socket.getInputStream();
            var out = socket.getOutputStream();
            for (int length; (length = in.read(buffer)) > 0; ) {
                out.write(buffer, 0, length);
                out.flush();
            }
        } catch (Exception left) {
            System.out.println(left);
        }
    }
}
