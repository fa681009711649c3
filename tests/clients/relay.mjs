// relay-runtime. Its network layer is the app's own code: this one repeats what got no answer and
// refreshes tokens, as an app's must.
import relay from "relay-runtime";
import { TypeInfo, getNamedType, getNullableType, isListType, valueFromASTUntyped, visit, visitWithTypeInfo } from "graphql";
import { document, hash, schema } from "./documents.mjs";

const { Environment, Network, RecordSource, Store, commitMutation, createOperationDescriptor, fetchQuery } = relay;

/** What relay-compiler makes of an argument. */
function argument({ name, value }) {
  if (value.kind === "Variable") return { kind: "Variable", name: name.value, variableName: value.name.value };
  if (value.kind !== "ObjectValue") return { kind: "Literal", name: name.value, value: valueFromASTUntyped(value) };
  return { kind: "ObjectValue", name: name.value, fields: value.fields.map(argument) };
}

/** What relay-compiler makes of a document: the tree by which Relay normalises and reads answers. */
function compiled(name, types) {
  const info = new TypeInfo(types);
  const leave = {
    Field(node) {
      const type = info.getType();
      const args = node.arguments.length > 0 ? node.arguments.map(argument) : null;
      const field = { alias: node.alias?.value ?? null, args, name: node.name.value, storageKey: null };
      if (!node.selectionSet) return { ...field, kind: "ScalarField" };
      const concreteType = getNamedType(type).name;
      const plural = isListType(getNullableType(type));
      return { ...field, kind: "LinkedField", concreteType, plural, selections: node.selectionSet };
    },
    SelectionSet: ({ selections }) => selections,
    VariableDefinition: ({ variable, defaultValue }) => ({
      kind: "LocalArgument",
      name: variable.name.value,
      defaultValue: defaultValue ? valueFromASTUntyped(defaultValue) : null,
    }),
    OperationDefinition({ operation, variableDefinitions, selectionSet: selections }) {
      const tree = { argumentDefinitions: variableDefinitions, name, selections };
      const type = { query: "Query", mutation: "Mutation" }[operation];
      return {
        kind: "Request",
        fragment: { ...tree, kind: "Fragment", metadata: null, type, abstractKey: null },
        operation: { ...tree, kind: "Operation" },
        params: { id: hash(name), name, operationKind: operation, text: null, metadata: {}, cacheID: null },
      };
    },
    Document: ({ definitions }) => definitions[0],
  };
  const keep = (visitor) => ({ leave: visitor });
  const visitors = Object.fromEntries(Object.entries(leave).map(([kind, visitor]) => [kind, keep(visitor)]));
  return visit(document(name), visitWithTypeInfo(info, visitors));
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function relayRuntime({ url, session, fetch }) {
  const types = schema();
  const codeOf = (answer) => answer.errors?.[0]?.extensions?.code;

  async function post(params, variables, token) {
    const headers = { "content-type": "application/json" };
    if (token) headers.authorization = `Bearer ${token}`;
    const body = JSON.stringify({ documentId: params.id, variables });
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await fetch(`${url}/graphql`, { method: "POST", headers, body });
        if (response.status < 500) return await response.json();
      } catch (error) {
        if (attempt === 50) throw error;
      }
      await pause(Math.min(50 * attempt, 500));
    }
  }

  async function network(params, variables) {
    const { access } = session;
    let answer = await post(params, variables, access);
    if (codeOf(answer) === "TOKEN_EXPIRED") {
      await session.refresh(access, (token) => post(compiled("RefreshToken", types).params, { token }));
      answer = await post(params, variables, session.access);
    }
    // Relay throws away an answer without data; its code is the app's to keep.
    if (codeOf(answer) && !answer.data) throw Object.assign(new Error("refused"), { code: codeOf(answer) });
    return answer;
  }

  const environment = new Environment({ network: Network.create(network), store: new Store(new RecordSource()) });
  // What is not retained may be collected.
  const retain = (request, variables) => {
    const descriptor = createOperationDescriptor(request, variables);
    environment.retain(descriptor);
    return descriptor;
  };

  async function ask(name, variables) {
    const request = compiled(name, types);
    retain(request, variables);
    try {
      const data = await (request.params.operationKind === "mutation"
        ? new Promise((onCompleted, onError) => {
            const done = (response, errors) => onCompleted(errors ? { errors } : response);
            commitMutation(environment, { mutation: request, variables, onCompleted: done, onError });
          })
        : fetchQuery(environment, request, variables, { fetchPolicy: "network-only" }).toPromise());
      return { data, code: null };
    } catch (error) {
      if (!error.code) throw error;
      return { data: null, code: error.code };
    }
  }

  return {
    ask,
    cached: async (name, variables) => {
      const descriptor = retain(compiled(name, types), variables);
      const { data, isMissingData } = environment.lookup(descriptor.fragment);
      return isMissingData ? null : data;
    },
  };
}
