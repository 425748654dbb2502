"""What REST cannot say, in GraphQL. Documents only; values always travel as variables."""

READY = """mutation Ready($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { number isDraft } }
}"""
DRAFT = """mutation Draft($id: ID!) {
  convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { number isDraft } }
}"""
ENQUEUE = """mutation Enqueue($id: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: {pullRequestId: $id, expectedHeadOid: $head}) { mergeQueueEntry { position } }
}"""
QUEUED = """query Queued($id: ID!) {
  node(id: $id) { ... on PullRequest { isInMergeQueue } }
}"""
RULE = """query Rule($owner: String!, $name: String!, $ref: String!, $branch: String!) {
  repository(owner: $owner, name: $name) {
    ref(qualifiedName: $ref) {
      refUpdateRule {
        requiredApprovingReviewCount requiredStatusCheckContexts requiresCodeOwnerReviews requiresSignatures
      }
    }
    mergeQueue(branch: $branch) { id }
  }
}"""
"""What people without an administrator's rights see of a branch's protection."""
VIEWER = """query Viewer { viewer { login } }"""
ALL = (VIEWER, READY, DRAFT, ENQUEUE, QUEUED, RULE)
