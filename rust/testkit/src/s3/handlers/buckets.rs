//! Operations on buckets. There is one region, us-east-1.

use s3s::dto::*;
use s3s::{S3Request, S3Response};

use super::super::storage::Storage;
use super::Answer;

pub(super) async fn list_buckets(
    storage: &Storage,
    _request: S3Request<ListBucketsInput>,
) -> Answer<ListBucketsOutput> {
    let buckets = storage.buckets().into_iter().map(|name| Bucket { name: Some(name), ..Default::default() }).collect();
    Ok(S3Response::new(ListBucketsOutput { buckets: Some(buckets), ..Default::default() }))
}

pub(super) async fn create_bucket(
    storage: &Storage,
    request: S3Request<CreateBucketInput>,
) -> Answer<CreateBucketOutput> {
    storage.create_bucket(&request.input.bucket)?;
    let location = Some(format!("/{}", request.input.bucket));
    Ok(S3Response::new(CreateBucketOutput { location }))
}

pub(super) async fn head_bucket(storage: &Storage, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
    storage.check_bucket(&request.input.bucket)?;
    Ok(S3Response::new(HeadBucketOutput::default()))
}

pub(super) async fn delete_bucket(
    storage: &Storage,
    request: S3Request<DeleteBucketInput>,
) -> Answer<DeleteBucketOutput> {
    storage.delete_bucket(&request.input.bucket)?;
    Ok(S3Response::with_status(DeleteBucketOutput::default(), http::StatusCode::NO_CONTENT))
}

pub(super) async fn get_bucket_location(
    storage: &Storage,
    request: S3Request<GetBucketLocationInput>,
) -> Answer<GetBucketLocationOutput> {
    storage.check_bucket(&request.input.bucket)?;
    // No constraint is how S3 spells us-east-1.
    Ok(S3Response::new(GetBucketLocationOutput::default()))
}
