// Package jsonscan finds values in a valid JSON document without building a tree. A tree takes
// many times the size of the document, and the author of the document decides how many.
// Positions are byte offsets.
package jsonscan
