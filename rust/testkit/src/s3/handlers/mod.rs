//! The semantics of each S3 operation, from parsed input to parsed output. One file per kind.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::storage::Storage;

mod buckets;
mod copies;
mod deletions;
mod intake;
mod listings;
mod multipart;
mod objects;
mod reads;

type Answer<T> = S3Result<S3Response<T>>;

/// Implements S3 on a [`Storage`].
pub(super) struct Handlers {
    storage: Arc<Storage>,
}

impl Handlers {
    pub(super) fn new(storage: Arc<Storage>) -> Self {
        Self { storage }
    }
}

/// The time of a change, in whole seconds as S3 keeps it.
fn now() -> SystemTime {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since_1970.as_secs())
}

fn etag(value: &str) -> Option<ETag> {
    Some(ETag::Strong(value.to_owned()))
}

/// Copies checksums into the five fields and the type of an output.
macro_rules! fill_checksums {
    ($output:expr, $checksums:expr) => {{
        use $crate::s3::storage::Algorithm;
        $output.checksum_crc32 = $checksums.get(Algorithm::Crc32);
        $output.checksum_crc32c = $checksums.get(Algorithm::Crc32c);
        $output.checksum_crc64nvme = $checksums.get(Algorithm::Crc64Nvme);
        $output.checksum_sha1 = $checksums.get(Algorithm::Sha1);
        $output.checksum_sha256 = $checksums.get(Algorithm::Sha256);
    }};
}
use fill_checksums;

/// Declares one method of [`S3`] per line; the work is in the function of the same name.
macro_rules! operations {
    ($($module:ident :: $name:ident($input:ty) -> $output:ty;)*) => {
        #[async_trait::async_trait]
        impl S3 for Handlers {
            $(async fn $name(&self, request: S3Request<$input>) -> Answer<$output> {
                $module::$name(&self.storage, request).await
            })*
        }
    };
}

operations! {
    buckets::list_buckets(ListBucketsInput) -> ListBucketsOutput;
    buckets::create_bucket(CreateBucketInput) -> CreateBucketOutput;
    buckets::head_bucket(HeadBucketInput) -> HeadBucketOutput;
    buckets::delete_bucket(DeleteBucketInput) -> DeleteBucketOutput;
    buckets::get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput;
    listings::list_objects(ListObjectsInput) -> ListObjectsOutput;
    listings::list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output;
    objects::put_object(PutObjectInput) -> PutObjectOutput;
    reads::get_object(GetObjectInput) -> GetObjectOutput;
    reads::head_object(HeadObjectInput) -> HeadObjectOutput;
    deletions::delete_object(DeleteObjectInput) -> DeleteObjectOutput;
    deletions::delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput;
    copies::copy_object(CopyObjectInput) -> CopyObjectOutput;
    copies::upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput;
    multipart::create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput;
    multipart::upload_part(UploadPartInput) -> UploadPartOutput;
    multipart::complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput;
    multipart::abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput;
    multipart::list_parts(ListPartsInput) -> ListPartsOutput;
    multipart::list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput;
}
