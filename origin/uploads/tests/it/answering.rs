//! A bucket that answers as a test says.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::Arc,
    thread,
};

pub(crate) const DENIED: &str = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n\
    <Error><Code>AccessDenied</Code></Error>";
pub(crate) const MISSING: &str = "HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n\
    <Error><Code>NoSuchKey</Code></Error>";
pub(crate) const DELETED: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

/// Its address. `answer` gets the first line of each request, such as `GET /bucket/key HTTP/1.1`.
pub(crate) fn answering(answer: impl Fn(&str) -> &'static str + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, answer) = (connection.unwrap(), Arc::clone(&answer));
            thread::spawn(move || {
                let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                while lines.next().unwrap().unwrap() != "" {}
                connection.write_all(answer(&first).as_bytes()).unwrap();
            });
        }
    });
    format!("http://{address}")
}
