// Package jsonscan walks over a JSON document that was found valid, and holds nothing of
// it: a tree of a document takes many times its size, and the writer of the document
// decides how many. Positions are byte offsets.
package jsonscan
