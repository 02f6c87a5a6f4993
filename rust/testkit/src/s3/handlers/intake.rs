//! Takes a body in and checks it against what the client claims of it.

use futures::TryStreamExt;
use http::{HeaderMap, StatusCode};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result, TrailingHeaders, s3_error};

use super::super::storage::{Algorithm, Content, Digests, Storage, base64};

/// The claims of the headers about a body. Checksums may also come in its trailer.
pub(super) struct Claims {
    headers: HeaderMap,
    trailer: Option<TrailingHeaders>,
}

impl Claims {
    pub(super) fn of<T>(request: &S3Request<T>) -> Self {
        Self { headers: request.headers.clone(), trailer: request.trailing_headers.clone() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The checksums to compute while the body is read.
    fn algorithms(&self) -> Vec<Algorithm> {
        let announced = self.header("x-amz-trailer").unwrap_or("");
        Algorithm::ALL
            .into_iter()
            .filter(|algorithm| {
                self.headers.contains_key(algorithm.header())
                    || announced.split(',').any(|name| name.trim().eq_ignore_ascii_case(algorithm.header()))
                    || self.header("x-amz-sdk-checksum-algorithm").and_then(Algorithm::named) == Some(*algorithm)
            })
            .collect()
    }

    fn check(&self, digests: &Digests) -> S3Result<()> {
        if let Some(claimed) = self.header("content-md5")
            && claimed != base64(&digests.md5)
        {
            return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."));
        }
        for algorithm in Algorithm::ALL {
            let trailing = self.trailer.as_ref().and_then(|trailer| {
                trailer.read(|headers| Some(headers.get(algorithm.header())?.to_str().ok()?.to_owned())).flatten()
            });
            let claimed = trailing.as_deref().or_else(|| self.header(algorithm.header()));
            if let Some(claimed) = claimed
                && digests.checksums.get(algorithm).as_deref() != Some(claimed)
            {
                return Err(bad_checksum(algorithm));
            }
        }
        Ok(())
    }
}

pub(super) fn bad_checksum(algorithm: Algorithm) -> S3Error {
    let name = algorithm.name();
    s3_error!(BadDigest, "The {name} you specified did not match the calculated checksum.")
}

/// Reads a body to its end. `more` are algorithms wanted beside the claimed ones.
pub(super) async fn receive(
    storage: &Storage,
    body: Option<StreamingBlob>,
    claims: &Claims,
    more: Option<Algorithm>,
) -> S3Result<(Content, Digests)> {
    let mut algorithms = claims.algorithms();
    algorithms.extend(more);
    let mut intake = storage.intake(&algorithms)?;
    if let Some(mut body) = body {
        while let Some(piece) = body.try_next().await.map_err(|error| broken_body(&error.to_string()))? {
            intake.write(&piece).map_err(S3Error::internal_error)?;
        }
    }
    let (content, digests) = intake.finish();
    claims.check(&digests)?;
    Ok((content, digests))
}

/// `s3s` checks payload hash, chunk signatures and length while the body is read, and reports the
/// mistake as text.
fn broken_body(error: &str) -> S3Error {
    let code = if error.contains("Sha256Mismatch") {
        S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into())
    } else if error.contains("SignatureMismatch") {
        S3ErrorCode::SignatureDoesNotMatch
    } else {
        S3ErrorCode::IncompleteBody
    };
    let mut broken = S3Error::with_message(code, error.to_owned());
    broken.set_status_code(match broken.code() {
        S3ErrorCode::SignatureDoesNotMatch => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    });
    broken
}
