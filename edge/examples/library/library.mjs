// The library: its books, in memory, and what each field of the schema answers. Of the edge it knows
// two things: every read names what it depends on (`tags`), and every write purges what it changed.
import { readFileSync } from "node:fs";
import { GraphQLError, buildSchema } from "graphql";

export const schema = buildSchema(readFileSync(new URL("schema.graphql", import.meta.url), "utf8"));

const books = new Map();
/** The ids of the books that each reader has. */
const loans = new Map();

function add(title, author) {
  const book = { id: String(books.size + 1), title, author, timesBorrowed: 0 };
  books.set(book.id, book);
  return book;
}

add("Notes on the Analytical Engine", "Ada Lovelace");
add("Les Misérables", "Victor Hugo");
add("Notre-Dame de Paris", "Victor Hugo");

const tagOf = (id) => `book:${id}`;
/** The tag of all lists: a new book changes which books they have. */
const LISTS = "books";

const signedIn = (reader) => {
  if (reader === null) throw new GraphQLError("sign in", { extensions: { code: "UNAUTHENTICATED" } });
  return reader;
};

/** The resolvers. The context has `tags`, `purge` and `reader`: null if nobody is signed in. */
export const resolvers = {
  books({ author }, { tags }) {
    const found = [...books.values()].filter((book) => author == null || book.author === author);
    tags.add(LISTS);
    for (const { id } of found) tags.add(tagOf(id));
    return found;
  },
  book({ id }, { tags }) {
    // Also if there is none: it may come.
    tags.add(tagOf(id));
    return books.get(id);
  },
  myLoans(_, { reader }) {
    return (loans.get(signedIn(reader)) ?? []).map((id) => books.get(id));
  },
  addBook({ title, author }, { purge }) {
    const book = add(title, author);
    purge([LISTS, tagOf(book.id)]);
    return book;
  },
  borrow({ book: id }, { reader, purge }) {
    const book = books.get(id);
    if (!book) throw new GraphQLError("there is no such book", { extensions: { code: "NOT_FOUND" } });
    loans.set(signedIn(reader), [...(loans.get(reader) ?? []), id]);
    book.timesBorrowed += 1;
    purge([tagOf(id)]);
    return book;
  },
};
