use ltx::{Decoder, Encoder, Header, PageForm, PageSize};

use super::*;
use crate::{Error, restore::tests::txid};

#[tokio::test]
async fn the_proof_is_the_checksum_of_a_restored_database() {
    let replica = replica(&history()).await;
    for (target, fills) in [(1, &[1, 2, 3][..]), (2, &[1, 22, 3, 4]), (3, &[11, 22])] {
        let proof = prove(&replica, Target::Txid(txid(target))).await.unwrap();
        assert_eq!((proof.txid, proof.commit), (txid(target), fills.len() as u32));
        assert_eq!(proof.checksum, sum(fills));
        assert_eq!(proof.files, target as usize);
    }
}

#[tokio::test]
async fn even_a_file_whose_pages_are_all_replaced_must_be_whole() {
    let files = [Content::new(0, 1, 1, 1, [(1, 1)]), Content::new(0, 2, 2, 1, [(1, 2)])];
    let replica = replica(&files).await;
    assert_eq!(prove(&replica, Target::Latest).await.unwrap().files, 2);
    let mut bytes = files[0].encode();
    bytes[120] ^= 1;
    files[0].upload_bytes(&replica, bytes).await;
    let error = prove(&replica, Target::Latest).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn nothing_to_prove_is_no_replica() {
    let error = prove(&replica(&[]).await, Target::Latest).await.unwrap_err();
    assert!(matches!(error, Error::NoReplica { .. }), "{error}");
}

#[tokio::test]
async fn a_database_beyond_the_lock_page_lacks_nothing() {
    let page_size = PageSize::new(65_536).unwrap();
    let (page, lock_page) = (vec![9; page_size.bytes()], page_size.lock_page());
    let snapshot = Content::new(9, 1, 1, 1, [(1, 1)]);
    let header = *Decoder::new(&snapshot.encode()[..]).unwrap().header();
    let header = Header { page_size, commit: lock_page.get() + 1, ..header };
    let mut encoder = Encoder::new(Vec::new(), header, PageForm::Block).unwrap();
    let mut sum = DatabaseChecksum::new();
    for number in (1..=header.commit).filter(|number| *number != lock_page.get()) {
        let number = PageNumber::new(number).unwrap();
        encoder.page(number, &page).unwrap();
        sum.add(number, &page);
    }
    let replica = replica(&[]).await;
    snapshot.upload_bytes(&replica, encoder.finish().unwrap().0).await;
    let proof = prove(&replica, Target::Latest).await.unwrap();
    assert_eq!((proof.commit, proof.checksum), (header.commit, sum.value()));
}
