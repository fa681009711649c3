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

/** Prints its URL on one line and serves until its standard input closes. Nothing is kept. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        MongoServer server = new MongoServer(new Honest().version(new Modern()));
        server.bind("127.0.0.1", arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0);
        System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
        while (System.in.read() >= 0) {}
        server.shutdownNow();
        System.exit(0);
    }

    /** The library's own say wire version 8 at most, and the driver wants 9 or more. */
    private static final class Modern implements MongoVersion {
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        public int getWireVersion() {
            return 13;
        }
    }

    /** Refuses, by the code that other servers use, what the library would silently leave out. */
    private static final class Honest extends MemoryBackend {
        @Override
        public Document handleCommand(Channel channel, String database, String command, Document query) {
            if (command.equals("hello")) {
                return handleCommand(channel, database, "ismaster", query).append("isWritablePrimary", true);
            }
            if (command.equalsIgnoreCase("ismaster")) {
                // A session without transactions is nothing but an id, which the library leaves unread.
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

        /** A reply without a code is none that the driver understands. */
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
