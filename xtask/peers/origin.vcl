vcl 4.1;

# A cache in front of the origin, for `cargo xtask bench-origin`, which fills in the port.
backend origin {
  .host = "127.0.0.1";
  .port = "{{ORIGIN_PORT}}";
}

sub vcl_recv {
  if (req.method == "GET" && req.url ~ "^/graphql/") {
    return (hash);
  }
  return (pass);
}

sub vcl_hash {
  hash_data(req.url);
  return (lookup);
}

sub vcl_backend_response {
  # Longer than any run, and without the refresh of a hit that is a second too old: what is
  # measured is the hit.
  if (beresp.status == 200) {
    set beresp.ttl = 1d;
    set beresp.grace = 0s;
    return (deliver);
  }
}
