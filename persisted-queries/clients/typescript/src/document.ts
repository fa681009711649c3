// What the client knows of a published document. The code generator writes these (codegen/plugin.cjs).

export type Variables = { readonly [name: string]: unknown };

/** What a document asks for. */
export type Operation = "query" | "mutation" | "subscription";

/** A published document, with the types of its answer and of its variables. */
export interface YousoonDocument<TData = unknown, TVariables = Variables, O extends Operation = Operation> {
  readonly name: string;
  readonly operation: O;
  /** The SHA-256 of its text, under which it is published. */
  readonly hash: string;
  /** Whether everybody gets the same answer: the client asks by GET, without a token. */
  readonly shared: boolean;
  /** Where in the variables the idempotency key is; absent if the document takes none. */
  readonly key?: readonly string[];
  /**
   * Of a mutation: "never" if it must not be sent again without knowing whether it was done, or for how many
   * seconds it may be. Absent: always.
   */
  readonly repeat?: "never" | number;
  /** Only for the type checker: no document has it. */
  __types?(variables: TVariables): TData;
}

/** A document of any type, as adapters find it by its name. */
export type AnyDocument = YousoonDocument<unknown, never>;
/** What the code generator exports, by name; other exports beside documents do no harm. */
export type Documents = { readonly [name: string]: AnyDocument };

/** Variables may be left out if none is required. */
export type Given<TVariables, TRest> = Record<string, never> extends TVariables
  ? [variables?: TVariables, rest?: TRest]
  : [variables: TVariables, rest?: TRest];
