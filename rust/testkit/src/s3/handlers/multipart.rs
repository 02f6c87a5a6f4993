//! Multipart uploads.

use std::collections::BTreeMap;

use http::StatusCode;
use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::super::storage::{
    Algorithm, Attributes, Checksums, Content, Digests, Object, Part as StoredPart, Precondition, Storage, Upload,
    base64_decode,
};
use super::intake::{Claims, bad_checksum, receive};
use super::objects::plain_encoding;
use super::{Answer, etag, fill_checksums, now};

/// S3's limit for every part but the last.
const SMALLEST_PART: u64 = 5 << 20;
/// Part numbers go from 1 to this.
const MOST_PARTS: i32 = 10_000;

pub(super) async fn create_multipart_upload(
    storage: &Storage,
    request: S3Request<CreateMultipartUploadInput>,
) -> Answer<CreateMultipartUploadOutput> {
    let input = request.input;
    let algorithm = input.checksum_algorithm.as_ref().and_then(|name| Algorithm::named(name.as_str()));
    let asked = input.checksum_type.as_ref().map(ChecksumType::as_str);
    // CRC64NVME exists for whole objects only.
    let full_object = asked == Some(ChecksumType::FULL_OBJECT) || algorithm == Some(Algorithm::Crc64Nvme);
    let upload_id = storage.begin_upload(Upload {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        initiated: now(),
        attributes: Attributes {
            content_type: input.content_type,
            content_encoding: plain_encoding(input.content_encoding),
            content_language: input.content_language,
            content_disposition: input.content_disposition,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        },
        algorithm,
        full_object,
        parts: BTreeMap::new(),
    })?;
    Ok(S3Response::new(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(upload_id),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: input.checksum_type,
        ..Default::default()
    }))
}

pub(super) async fn upload_part(storage: &Storage, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
    let claims = Claims::of(&request);
    let input = request.input;
    if !(1..=MOST_PARTS).contains(&input.part_number) {
        return Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and {MOST_PARTS}"));
    }
    let upload = storage.upload(&input.bucket, &input.key, &input.upload_id)?;
    let (content, digests) = receive(storage, input.body, &claims, upload.algorithm).await?;
    let part = StoredPart { content, md5: digests.md5, checksums: digests.checksums, modified: now() };
    let mut output = UploadPartOutput { e_tag: etag(&part.etag()), ..Default::default() };
    fill_checksums!(output, part.checksums);
    storage.put_part(&input.bucket, &input.key, &input.upload_id, input.part_number, part)?;
    Ok(S3Response::new(output))
}

pub(super) async fn complete_multipart_upload(
    storage: &Storage,
    request: S3Request<CompleteMultipartUploadInput>,
) -> Answer<CompleteMultipartUploadOutput> {
    let input = request.input;
    let upload = storage.upload(&input.bucket, &input.key, &input.upload_id)?;
    let asked = input.multipart_upload.and_then(|list| list.parts).unwrap_or_default();
    let parts = chosen_parts(&upload, &asked)?;
    let (content, checksums) = join(storage, &upload, &parts)?;
    check_whole(
        &checksums,
        &[
            (Algorithm::Crc32, input.checksum_crc32),
            (Algorithm::Crc32c, input.checksum_crc32c),
            (Algorithm::Crc64Nvme, input.checksum_crc64nvme),
            (Algorithm::Sha1, input.checksum_sha1),
            (Algorithm::Sha256, input.checksum_sha256),
        ],
    )?;
    let digests: Vec<u8> = parts.iter().flat_map(|part| part.md5).collect();
    let object = Object {
        content,
        etag: format!("{}-{}", hex::encode(Digests::of(&digests, &[]).md5), parts.len()),
        modified: now(),
        checksums,
        attributes: upload.attributes.clone(),
    };
    let mut output = CompleteMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        e_tag: etag(&object.etag),
        checksum_type: object.checksums.kind().map(ChecksumType::from_static),
        ..Default::default()
    };
    fill_checksums!(output, object.checksums);
    let condition = Precondition { if_match: input.if_match, if_none_match: input.if_none_match };
    storage.complete_upload(&input.bucket, &input.key, &input.upload_id, object, &condition)?;
    Ok(S3Response::new(output))
}

/// The parts the client names, if it names them rightly.
fn chosen_parts<'a>(upload: &'a Upload, asked: &[CompletedPart]) -> S3Result<Vec<&'a StoredPart>> {
    if asked.is_empty() {
        return Err(s3_error!(MalformedXML, "You must specify at least one part"));
    }
    if !asked.is_sorted_by(|a, b| a.part_number < b.part_number) {
        return Err(s3_error!(InvalidPartOrder, "The list of parts was not in ascending order."));
    }
    let mut parts = Vec::with_capacity(asked.len());
    for part in asked {
        let invalid = || s3_error!(InvalidPart, "One or more of the specified parts could not be found.");
        let stored = part.part_number.and_then(|number| upload.parts.get(&number)).ok_or_else(invalid)?;
        if part.e_tag.as_ref().is_some_and(|etag| etag.value() != stored.etag()) {
            return Err(invalid());
        }
        let claims = [
            (Algorithm::Crc32, &part.checksum_crc32),
            (Algorithm::Crc32c, &part.checksum_crc32c),
            (Algorithm::Crc64Nvme, &part.checksum_crc64nvme),
            (Algorithm::Sha1, &part.checksum_sha1),
            (Algorithm::Sha256, &part.checksum_sha256),
        ];
        if claims.iter().any(|(algorithm, claim)| claim.is_some() && **claim != stored.checksums.get(*algorithm)) {
            return Err(invalid());
        }
        parts.push(stored);
    }
    let all_but_last = &parts[..parts.len() - 1];
    if all_but_last.iter().any(|part| part.content.size() < SMALLEST_PART) {
        return Err(s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size"));
    }
    Ok(parts)
}

fn join(storage: &Storage, upload: &Upload, parts: &[&StoredPart]) -> S3Result<(Content, Checksums)> {
    let whole = upload.algorithm.filter(|_| upload.full_object);
    if upload.algorithm.is_none()
        && let Some(content) = Content::joined(parts.iter().map(|part| &part.content))
    {
        return Ok((content, Checksums::default()));
    }
    let mut intake = storage.intake(whole.as_slice())?;
    for part in parts {
        for piece in part.content.pieces(0..part.content.size()) {
            let piece = piece.map_err(S3Error::internal_error)?;
            intake.write(&piece).map_err(S3Error::internal_error)?;
        }
    }
    let (content, digests) = intake.finish();
    let checksums = match upload.algorithm {
        Some(algorithm) if !upload.full_object => composite(algorithm, parts),
        _ => digests.checksums,
    };
    Ok((content, checksums))
}

/// The checksum of the parts' checksums, with their number.
fn composite(algorithm: Algorithm, parts: &[&StoredPart]) -> Checksums {
    let of_part = |part: &&StoredPart| base64_decode(&part.checksums.get(algorithm)?);
    let Some(values) = parts.iter().map(of_part).collect::<Option<Vec<_>>>() else {
        return Checksums::default();
    };
    let value = Digests::of(&values.concat(), &[algorithm]).checksums.get(algorithm);
    let value = value.map(|value| (algorithm, format!("{value}-{}", parts.len())));
    Checksums(value.into_iter().collect())
}

fn check_whole(checksums: &Checksums, claims: &[(Algorithm, Option<String>)]) -> S3Result<()> {
    for (algorithm, claim) in claims {
        let Some(claim) = claim else { continue };
        // A client may leave the number of parts off.
        let known = checksums.get(*algorithm);
        let bare = known.as_deref().map(|known| known.split('-').next().unwrap_or(known));
        if known.as_deref() != Some(claim) && bare != Some(claim) {
            return Err(bad_checksum(*algorithm));
        }
    }
    Ok(())
}

pub(super) async fn abort_multipart_upload(
    storage: &Storage,
    request: S3Request<AbortMultipartUploadInput>,
) -> Answer<AbortMultipartUploadOutput> {
    let input = request.input;
    storage.abort_upload(&input.bucket, &input.key, &input.upload_id)?;
    Ok(S3Response::with_status(AbortMultipartUploadOutput::default(), StatusCode::NO_CONTENT))
}

pub(super) async fn list_parts(storage: &Storage, request: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
    let input = request.input;
    let upload = storage.upload(&input.bucket, &input.key, &input.upload_id)?;
    let after = input.part_number_marker.unwrap_or(0);
    let limit = usize::try_from(input.max_parts.unwrap_or(1000).min(1000)).unwrap_or(0);
    let mut rest = upload.parts.range(after.saturating_add(1)..);
    let parts: Vec<Part> = rest.by_ref().take(limit).map(|(number, part)| listed(*number, part)).collect();
    let more = rest.next().is_some();
    let last = parts.last().and_then(|part| part.part_number);
    Ok(S3Response::new(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        part_number_marker: input.part_number_marker,
        next_part_number_marker: last.filter(|_| more),
        max_parts: input.max_parts.or(Some(1000)),
        is_truncated: Some(more),
        parts: Some(parts),
        ..Default::default()
    }))
}

fn listed(number: i32, part: &StoredPart) -> Part {
    let mut listed = Part {
        part_number: Some(number),
        e_tag: etag(&part.etag()),
        size: i64::try_from(part.content.size()).ok(),
        last_modified: Some(part.modified.into()),
        ..Default::default()
    };
    fill_checksums!(listed, part.checksums);
    listed
}

/// All uploads of the bucket below the prefix, in one page.
pub(super) async fn list_multipart_uploads(
    storage: &Storage,
    request: S3Request<ListMultipartUploadsInput>,
) -> Answer<ListMultipartUploadsOutput> {
    let input = request.input;
    let prefix = input.prefix.clone().unwrap_or_default();
    let uploads = storage.uploads(&input.bucket)?.into_iter().filter(|(_, upload)| upload.key.starts_with(&prefix));
    let uploads = uploads.map(|(id, upload)| MultipartUpload {
        upload_id: Some(id),
        key: Some(upload.key),
        initiated: Some(upload.initiated.into()),
        ..Default::default()
    });
    Ok(S3Response::new(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: input.prefix,
        is_truncated: Some(false),
        uploads: Some(uploads.collect()),
        ..Default::default()
    }))
}
