package yousoon;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.exception.MongoServerException;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.Channel;
import java.util.List;

/**
 * A MongoDB-compatible server in memory, for tests. Prints its URL on one line and serves until its
 * standard input closes.
 */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        MongoServer server = new MongoServer(new RefusingBackend().version(new Version5()));
        server.bind("127.0.0.1", arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0);
        System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
        while (System.in.read() >= 0) {}
        server.shutdownNow();
        System.exit(0);
    }

    /** The library's own versions have wire version 8 at most, but the driver requires 9 or more. */
    private static final class Version5 implements MongoVersion {
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        public int getWireVersion() {
            return 13;
        }
    }

    /** Refuses, with MongoDB's error codes, the features that the library would silently ignore. */
    private static final class RefusingBackend extends MemoryBackend {
        @Override
        public Document handleCommand(Channel channel, String database, String command, Document query) {
            if (command.equals("hello")) {
                return handleCommand(channel, database, "ismaster", query).append("isWritablePrimary", true);
            }
            if (command.equalsIgnoreCase("ismaster")) {
                // Without transactions a session is only an id, which the library ignores.
                return super.handleCommand(channel, database, command, query).append("logicalSessionTimeoutMinutes", 30);
            }
            if (query.containsKey("startTransaction")) {
                throw new MongoServerError(20, "IllegalOperation", "transactions are not supported");
            }
            if (command.equals("create") && query.containsKey("validator")) {
                throw notSupported("validators");
            }
            if (command.equals("createIndexes")) {
                ((List<?>) query.get("indexes")).forEach(index -> check((Document) index));
            }
            return super.handleCommand(channel, database, command, query);
        }

        /** Gives every error a code, because the driver does not understand errors without one. */
        @Override
        public Document handleMessage(MongoMessage message) {
            try {
                return super.handleMessage(message);
            } catch (MongoServerError error) {
                throw error;
            } catch (MongoServerException error) {
                throw new MongoServerError(238, "NotImplemented", error.getMessageWithoutErrorCode());
            } catch (RuntimeException error) {
                throw new MongoServerError(8, "UnknownError", String.valueOf(error));
            }
        }

        private static void check(Document index) {
            Document key = (Document) index.get("key");
            if (key.containsValue("text")) {
                throw notSupported("text indexes");
            }
            if (key.containsValue("2dsphere") && key.size() > 1) {
                throw notSupported("compound 2dsphere indexes");
            }
            if (index.containsKey("unique") && index.containsKey("partialFilterExpression")) {
                throw notSupported("unique partial indexes");
            }
        }

        private static MongoServerError notSupported(String what) {
            return new MongoServerError(115, "CommandNotSupported", what + " are not supported");
        }
    }
}
