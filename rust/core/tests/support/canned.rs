//! A server that answers each request with the next of some prepared answers, whatever was asked; for what no proper
//! S3 server does.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

pub struct Canned {
    endpoint: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// The last answer is repeated for ever.
    pub fn answering(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let seen = Arc::clone(&requests);
        // Ends with the process.
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let request = read(&mut BufReader::new(&connection));
                let mut seen = seen.lock().unwrap();
                let answer = answers.get(seen.len()).unwrap_or_else(|| answers.last().unwrap());
                seen.push(request);
                let _ = connection.write_all(answer.as_bytes());
            }
        });
        Canned { endpoint, requests }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Head and body of each request so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// An answer that closes the connection after `body`.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

fn read(stream: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).unwrap_or(0) == 0 {
            return head;
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    let _ = stream.read_exact(&mut body);
    head + &String::from_utf8_lossy(&body)
}
