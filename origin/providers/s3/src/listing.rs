//! One page of a bucket's objects (`ListObjectsV2`).

use chrono::{DateTime, Utc};
use roxmltree::{Document, Node};

use crate::BucketError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    pub bytes: u64,
    pub modified: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In the order of their keys.
    pub objects: Vec<Listed>,
    /// What to ask the next page with; none after the last one.
    pub next: Option<String>,
}

pub(crate) fn page(body: &[u8]) -> Result<Page, BucketError> {
    let read = || {
        let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
        let root = document.root_element();
        let is_listing = root.tag_name().name() == "ListBucketResult";
        let objects = children(root, "Contents")
            .map(object)
            .collect::<Option<_>>()?;
        let next = match text(root, "IsTruncated") {
            Some("true") => Some(text(root, "NextContinuationToken")?.to_owned()),
            Some("false") => None,
            Some(_) | None => return None,
        };
        is_listing.then_some(Page { objects, next })
    };
    read().ok_or(BucketError::Unreadable)
}

fn object(node: Node<'_, '_>) -> Option<Listed> {
    Some(Listed {
        key: text(node, "Key")?.to_owned(),
        bytes: text(node, "Size")?.parse().ok()?,
        modified: text(node, "LastModified")?.parse().ok()?,
    })
}

/// Whatever their namespace: not every server gives one.
fn children<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children()
        .filter(move |child| child.tag_name().name() == name)
}

fn text<'a>(node: Node<'a, '_>, name: &'static str) -> Option<&'a str> {
    children(node, name).next()?.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in the API Reference, "ListObjectsV2", with two of its elements more than are read.
    const ANSWER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>bucket</Name><Prefix/><KeyCount>1</KeyCount><MaxKeys>1</MaxKeys>
  <IsTruncated>true</IsTruncated>
  <Contents>
    <Key>my &amp; image.jpg</Key>
    <LastModified>2009-10-12T17:50:30.000Z</LastModified>
    <ETag>"fba9dede5f27731c9771645a39863328"</ETag>
    <Size>434234</Size>
    <StorageClass>STANDARD</StorageClass>
  </Contents>
  <NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
</ListBucketResult>"#;

    #[test]
    fn a_page_is_read() {
        let listed = page(ANSWER.as_bytes()).unwrap();
        assert_eq!(listed.objects.len(), 1);
        assert_eq!(listed.objects[0].key, "my & image.jpg");
        assert_eq!(listed.objects[0].bytes, 434_234);
        assert_eq!(listed.objects[0].modified.timestamp(), 1_255_369_830);
        let next = "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=";
        assert_eq!(listed.next.as_deref(), Some(next));
        let last = ANSWER.replace(">true<", ">false<");
        assert_eq!(page(last.as_bytes()).unwrap().next, None);
    }

    #[test]
    fn what_is_no_page_is_unreadable() {
        let broken = [
            "",
            "<html></html>",
            &ANSWER.replace("434234", "many"),
            &ANSWER.replace("ListBucketResult", "Other"),
            &ANSWER.replace("NextContinuationToken", "Other"),
            &ANSWER[..300],
        ];
        for body in broken {
            assert_eq!(
                page(body.as_bytes()),
                Err(BucketError::Unreadable),
                "{body}"
            );
        }
    }
}
