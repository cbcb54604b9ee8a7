package eventpattern

const (
	// MaxLength is AWS's default quota for the length of a rule's event pattern, in characters. Compile does not enforce it,
	// because filters of event sources and pipes have other quotas; its callers do.
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
	MaxLength = 2048

	// maxSourceBytes bounds what Compile reads at all. The longest pattern that any service accepts, SNS's filter policy, has 256 KiB.
	maxSourceBytes = 256 << 10

	// maxBranches is how many combinations the $or of one pattern may multiply into.
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
	maxBranches = 1000

	// maxComplexity is how many prefixes of one field's wildcard expressions a single value may be in the middle of.
	// Observed: AWS refuses "*:*:*:*:*:event-bus/*", which reaches 10, and takes an expression that reaches 7.
	maxComplexity = 9

	// maxWildcardStates bounds the search for that number; a pattern that needs more is refused as too complex.
	maxWildcardStates = 20_000

	// maxDepth is how deeply objects and arrays may nest in patterns and events.
	maxDepth = 1000

	// maxSourceInError is how many characters of a pattern an error text quotes.
	maxSourceInError = 500

	// maxTokenInError is how many characters of an unknown token an error text quotes.
	maxTokenInError = 256

	// memoSteps is after how many steps the search for consistent array elements starts to remember dead ends.
	memoSteps = 2_000

	// maxExplainedBranches is how many branches of a pattern an Explanation lists, those nearest to a match first.
	maxExplainedBranches = 16

	// maxExplainedValues is how many values of an event's field an Explanation lists.
	maxExplainedValues = 8

	// maxPolicyKeys, maxPolicyCombinations and maxPolicyNumber bound SNS's filter policies: how many keys (on bodies: outermost keys) they
	// have, the product of the numbers of alternatives (on bodies: each times its depth), summed over $or, and the
	// magnitude of numbers.
	// https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
	maxPolicyKeys         = 5
	maxPolicyCombinations = 150
	maxPolicyNumber       = 1e9
)
