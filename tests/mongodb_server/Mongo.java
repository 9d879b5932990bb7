import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.Channel;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * A server of the MongoDB protocol for tests, on the loopback: {@code Mongo.java [port [file]]}.
 *
 * <p>Port 0, the default, is any free one. With a file, what was acknowledged is found again there, also after a
 * kill. Prints the port once it listens, and ends when its standard input does: so it never outlives the tests.
 */
public class Mongo {

    public static void main(String[] arguments) throws Exception {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        MongoBackend backend = arguments.length > 1 ? new DurableBackend(arguments[1]) : new MemoryBackend();
        MongoServer server = new MongoServer(backend.version(new Version()));
        server.bind(new InetSocketAddress("127.0.0.1", port));
        System.out.println(server.getLocalAddress().getPort());
        System.in.transferTo(OutputStream.nullOutputStream());
        // Everything acknowledged is in the file: an orderly shutdown would only take two seconds longer.
        Runtime.getRuntime().halt(0);
    }

    /** What pymongo asks for: the server's own newest version is older than the drivers accept. */
    private static class Version implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    }

    /** Writes to the file before it answers, and not some time later. */
    private static class DurableBackend extends H2Backend {
        DurableBackend(String file) {
            super(file);
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            Document answer = super.handleMessage(message);
            commit();
            return answer;
        }

        @Override
        public Document handleCommand(Channel channel, String database, String command, Document query) {
            Document answer = super.handleCommand(channel, database, command, query);
            commit();
            return answer;
        }
    }
}
